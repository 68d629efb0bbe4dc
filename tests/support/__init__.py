"""What tests of several rooms share: the cast of characters and builders of what they sign."""
