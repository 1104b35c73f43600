"""The peer: FastAPI with PyJWT, one worker, uvloop and httptools; checks a token (HS256, its cheapest) and answers JSON."""

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

SECRET = "a secret of the bench that is long enough for HS256"
app = FastAPI()
bearer = HTTPBearer()


async def caller(shown: HTTPAuthorizationCredentials = Depends(bearer)) -> dict:
    try:
        return jwt.decode(shown.credentials, SECRET, algorithms=["HS256"], audience="bench")
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error


@app.get("/api/v1/me/permissions")
async def permissions(who: dict = Depends(caller)) -> dict:
    return {"who": who["sub"], "workspace_id": who["wid"], "permissions": who["permissions"]}
