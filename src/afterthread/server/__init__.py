"""The web application as a whole: settings, addresses, the look, and how it is run and kept."""
