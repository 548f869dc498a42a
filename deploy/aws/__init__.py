"""AWS as code: stacks by noun, and the one table of who may do what with which part of the lake."""
