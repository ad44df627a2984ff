"""What the protos of Clapshot do not say: organizers, their errors, and a server for tests."""
