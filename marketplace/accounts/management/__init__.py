"""Command line of this app."""
