"""QuickBooks' query language: words, grammar, and what a statement means for our store."""
