"""The views in C++, for kernels that play battles: headers, and what fills them in."""
