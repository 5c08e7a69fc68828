"""The companies the simulator comes with, and the makings of more."""
