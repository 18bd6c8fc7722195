"""Reading complications: cases, what they were judged to be, their steps, and threads taken out."""
