"""How dates are written, where the language alone would leave a doubt."""
