"""Churn: how likely is it that a customer will not order in the next 30 days?"""
