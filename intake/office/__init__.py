"""What people in the office see and do, and who they are."""
