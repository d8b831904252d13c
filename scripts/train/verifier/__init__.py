"""Train the verifier: does a line follow from its evidence?"""
