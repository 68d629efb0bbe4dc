"""The market: Django project, its apps, and the platform that starts everything."""
