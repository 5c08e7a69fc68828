"""What QuickBooks works out for itself when an object is written: lines, taxes, balances, links."""
