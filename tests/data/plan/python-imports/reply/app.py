"""import fake_package"""
from fastapi import FastAPI
import yaml, os.path as p
from PIL import Image
import cv2
from dotenv import load_dotenv
from google.cloud import storage
from google.cloud.storage import Client
from .local import thing
import utils
import models.user
try: import numpy as np
except ImportError: np = None

app = FastAPI()
