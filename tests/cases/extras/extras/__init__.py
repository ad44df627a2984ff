"""What is written by hand."""
