"""Filters of a customer, published for Demand Planner."""
