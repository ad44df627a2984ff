"""What tests share: hosts to play, peers, values, checkers, and how SDKs are made for a test."""
