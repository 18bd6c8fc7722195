"""What must hold for any diary, drawn at random."""
