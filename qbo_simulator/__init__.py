"""A QuickBooks Online that runs on your own machine, for developing and testing against."""
