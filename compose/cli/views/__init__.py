"""What commands print about one thing: a graph, a block, a spec, an environment."""
