"""What does a reader find about an SDK? Its plan in, a site of Markdown pages out."""
