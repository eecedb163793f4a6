/// Zones with every kind of change: half hours, midnight, negative daylight saving, date lines.
let civilZones = [
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Moscow", "Europe/Kyiv",
    "Europe/Chisinau", "Europe/Istanbul", "Africa/Cairo", "Africa/Casablanca",
    "Africa/Johannesburg", "Africa/Juba", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem",
    "Asia/Tehran", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Asia/Shanghai",
    "Asia/Amman", "Asia/Dhaka", "America/Santiago", "America/New_York", "America/St_Johns",
    "America/Havana", "America/Asuncion", "America/Sao_Paulo", "America/Nuuk",
    "America/Scoresbysund", "America/Mexico_City", "America/Los_Angeles", "America/Caracas",
    "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati",
    "Pacific/Easter", "Australia/Lord_Howe", "Australia/Sydney", "Antarctica/Troll",
    "Atlantic/Azores",
]
