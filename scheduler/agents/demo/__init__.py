"""The demonstration: IBM's telco churn data between an operator and a bank, and the parties that work on
it.
"""
