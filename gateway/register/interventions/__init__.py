"""Intervention requests as they are kept: messages, state, routes, telephone cases."""
