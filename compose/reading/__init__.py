"""What people read off a finished graph: explanations, comparisons, drawings."""
