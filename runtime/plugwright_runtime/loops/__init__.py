"""On which thread and which loop does what run? Calls and streams that cross, and their time."""
