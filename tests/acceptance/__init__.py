"""The whole house at work, as people of the trade would tell it."""
