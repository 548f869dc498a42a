"""One CloudFormation stack per noun."""
