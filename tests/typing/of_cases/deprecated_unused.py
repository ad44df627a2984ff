"""What is not deprecated, and what the deprecated comes by, is nobody's fault."""

from __future__ import annotations

from deprecated_sdk import models
from deprecated_sdk.clients import AsyncPressClient, PressClient


def read(paper: models.Paper) -> str:
    return paper.ink + str(paper.grade) + (paper.wrapped.text if paper.wrapped else "")


def write(client: PressClient) -> models.Grade:
    client.print(paper=models.Paper(text="a", back=models.Paper.Back.Note("n")))
    return models.Grade.GOOD


async def write_async(client: AsyncPressClient) -> str:
    return await client.print(paper=models.Paper())
