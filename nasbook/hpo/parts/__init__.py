"""What several methods of hpo/ are made of. Nothing here imports a method."""
