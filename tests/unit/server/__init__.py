"""How the application as a whole is run and kept."""
