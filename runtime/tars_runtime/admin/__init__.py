"""The admin object: commands as a table, and the servant that runs them."""
