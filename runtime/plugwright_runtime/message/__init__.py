"""What is a message in Python, and how does it become bytes or JSON? Knows protobuf, never grpc."""
