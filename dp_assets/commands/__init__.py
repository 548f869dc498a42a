"""The commands of `dp`, a module per word. Belongs here: arguments, help, printing. Does not belong here: any work."""
