"""SMAX, the battles of JaxMARL (github.com/FLAIROx/JaxMARL), seen through the views of StarCraft-like battles."""
