"""Is all as it was when a check last found nothing?"""
