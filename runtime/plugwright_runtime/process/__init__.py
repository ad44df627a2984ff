"""What does every launch style share? The process itself: its output, its end, its application."""
