"""What other systems see of Afterthread: letters now, one folder for each channel."""
