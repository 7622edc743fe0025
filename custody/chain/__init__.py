"""The chain: raw batches for nodes, web3 for people, the compiler for deployers. Import what you need from its modules.

Nothing is imported here: web3 alone costs over a second, and a node needs none of it.
"""
