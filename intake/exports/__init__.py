"""What leaves the service as tables: cases for the national exchange, marks with their codes."""

from intake.exports.files import write
from intake.exports.national import TABLES, national

__all__ = ["TABLES", "national", "write"]
