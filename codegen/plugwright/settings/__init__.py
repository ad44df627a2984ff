"""What is configured? plugwright.toml and what it may say, checked."""
