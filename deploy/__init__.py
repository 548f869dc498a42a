"""How the platform is put somewhere: infrastructure as code, one folder per target."""
