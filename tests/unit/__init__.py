"""What single modules do, folder by folder as in the package."""
