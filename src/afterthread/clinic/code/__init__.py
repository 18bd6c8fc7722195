"""Codes: read off a box, drawn for a camera, and how often somebody may guess one."""
