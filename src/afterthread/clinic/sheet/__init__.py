"""What is asked on a page, and what was posted of it, as the engine takes it; pure."""
