"""Intuit's OAuth 2 and OpenID: discovery, consent pages, and the token endpoints."""
