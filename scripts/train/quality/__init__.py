"""Training of the quality model: which lines would an editor sign?"""
