"""How the house is built: floors, sizes, names, locks and packaging."""
