"""What both translations between chat and Gemini know of Gemini."""
