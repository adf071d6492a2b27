"""The contract test of operations: what a block declares is compared with what it does, and attacked."""

from compose.compiler.contract.check import check_block, check_operation
from compose.compiler.contract.trial import ContractError

__all__ = ["ContractError", "check_block", "check_operation"]
