"""What do the protos say? Paths, descriptor sets and requests in, a schema out."""
