"""Webhooks: tell an app's endpoint what changed in the companies connected to it, as Intuit does."""
