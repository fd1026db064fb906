# Письма

mail-greeting = Здравствуйте, { $name }!
mail-greeting-nobody = Здравствуйте!
mail-footer = Письмо отправлено автоматически, ответы никто не читает. Никогда не присылайте по почте номер паспорта или пароль.
mail-fact-reference = Номер заявки
mail-fact-when = Когда
mail-fact-programme = Программа
mail-fact-batch = Партия
mail-fact-number = Номер разрешения
mail-fact-validity = Действует
mail-fact-document = Проездной документ
mail-fact-authority = Ведомство
mail-fact-address = Его адрес
mail-validity = с { $from } по { $until }
mail-questions = О чём спрашивает ведомство
mail-grounds = Основания
mail-words = Словами ведомства
mail-conditions = Условия въезда
mail-order-first-come = Места распределяются в порядке подачи заявок.
mail-order-ranked = Места распределяются по баллам за категорию и приоритет проекта, затем в порядке подачи.
mail-order-ballot = Места распределяются в порядке жребия. Проверить жребий может каждый.

mail-confirm-address-subject = Подтвердите адрес электронной почты
mail-confirm-address-what = Кто-то — полагаем, вы — открыл учётную запись на этот адрес. Откройте страницу ниже, чтобы подтвердить адрес и выбрать пароль.
mail-confirm-address-next = Ссылка действует один раз, до { $until }. Если это были не вы, ничего не делайте: без ссылки учётной записью нельзя пользоваться.
mail-confirm-address-button = Подтвердить и выбрать пароль

mail-reset-password-subject = Выберите новый пароль
mail-reset-password-what = Кто-то — полагаем, вы — запросил новый пароль для этого адреса или пытался открыть на него вторую учётную запись. Откройте страницу ниже, чтобы выбрать новый пароль.
mail-reset-password-next = Ссылка действует один раз, до { $until }. Если это были не вы, ничего не делайте: пароль останется прежним.
mail-reset-password-button = Выбрать новый пароль

mail-password-changed-subject = Ваш пароль изменён
mail-password-changed-what = Пароль вашей учётной записи был изменён: { $at }. Все прежние сеансы завершены.
mail-password-changed-next = Если это сделали вы, ничего делать не нужно. Если не вы, сразу откройте страницу ниже и задайте новый пароль: сеанс того, кто изменил пароль, завершится. Если вашу почту могут читать другие, сначала смените пароль почтового ящика.
mail-password-changed-button = Выбрать новый пароль
mail-sponsorship-requested-subject = Вашу организацию назвали спонсором
mail-sponsorship-requested-what =
    { $requests ->
        [one] { $requests } заявка, в которой спонсором названа организация { $sponsor }, ждёт вашего ответа.
        [few] { $requests } заявки, в которых спонсором названа организация { $sponsor }, ждут вашего ответа.
       *[other] { $requests } заявок, в которых спонсором названа организация { $sponsor }, ждут вашего ответа.
    }
mail-sponsorship-requested-next = Соглашайтесь только на тех, кого ваша организация направляет или принимает: каждое место учитывается в её лимите. Такое письмо приходит не чаще раза в день.
mail-sponsorship-requested-button = Посмотреть запросы

mail-sponsorship-accepted-subject = Спонсор согласился: заявка { $reference }
mail-sponsorship-accepted-what = Организация { $sponsor } согласилась быть спонсором по вашей заявке. Она тоже может читать и менять её.
mail-sponsorship-accepted-next = Что делать: заполните форму и подайте заявку.
mail-sponsorship-accepted-button = Перейти к заявке

mail-sponsorship-declined-subject = Спонсор отказался: заявка { $reference }
mail-sponsorship-declined-what = Организация { $sponsor } отказалась быть спонсором по вашей заявке.
mail-sponsorship-declined-next = Что делать: назовите другого спонсора или оставьте поле пустым. Остальное в заявке не изменится.
mail-sponsorship-declined-button = Перейти к заявке

mail-received-subject = Получена заявка { $reference }
mail-received-what = Ваша заявка получена. Сейчас её рассматривает { $authority }.
mail-received-next = Что дальше: ведомство намерено завершить этот этап до { $until }. Сейчас от вас ничего не требуется; мы напишем о каждом изменении.
mail-received-button = Посмотреть состояние

mail-information-requested-subject = Нужны сведения: заявка { $reference }
mail-information-requested-what = { $authority }: для продолжения рассмотрения нужны дополнительные сведения.
mail-information-requested-next = Ответьте до { $until }. До этого срока можно менять анкету и документы. Если ответа не будет, заявка утратит силу.
mail-information-requested-button = Ответить

mail-waitlisted-subject = В листе ожидания: заявка { $reference }
mail-waitlisted-what = Сейчас в «{ $batch }» нет свободных мест, поэтому ваша заявка ждёт.
mail-waitlisted-line = Ваше место в очереди: { $place }. { $order }
mail-waitlisted-what-draw = Места в { $batch } распределяются по жребию, и ваша заявка в нём участвует.
mail-waitlisted-draw = Жребий бросают, когда партия закрывается для заявок. До этого ни у кого нет места и нет очереди.
mail-waitlisted-next = Если место освободится, заявка пойдёт дальше сама, и мы вам напишем. Если до { $until } места не будет, она утратит силу.
mail-waitlisted-button = Посмотреть состояние

mail-approved-subject = Одобрена заявка { $reference }
mail-approved-what = Ваша заявка одобрена, разрешение на поездку выдано.
mail-approved-passport = Разрешение привязано к указанному документу. При смене паспорта нужна новая заявка.
mail-approved-border = На границе могут попросить документы. Разрешение не даёт права на въезд: решение принимает пограничная служба.
mail-approved-next = Что делать: распечатайте или сохраните страницу разрешения и поезжайте в срок его действия. Если не поедете, верните его, чтобы место досталось другому.
mail-approved-button = Посмотреть разрешение

mail-refused-subject = Отказано: заявка { $reference }
mail-refused-what = { $authority }: по вашей заявке принято решение об отказе.
mail-refused-next = До { $until } вы можете письменно обжаловать решение по указанному адресу ведомства. Укажите номер заявки.
mail-refused-button = Посмотреть решение

mail-withdrawn-subject = Отозвана заявка { $reference }
mail-withdrawn-what = Ваша заявка отозвана по запросу. Её место свободно для других.
mail-withdrawn-next = От вас ничего не требуется. Пока партия открыта, можно подать заявку снова.
mail-withdrawn-button = Посмотреть заявку

mail-revoked-subject = Отозвано разрешение по заявке { $reference }
mail-revoked-what = { $authority }: ваше разрешение на поездку аннулировано. Ехать по нему больше нельзя.
mail-revoked-next = До { $until } вы можете письменно обжаловать решение по указанному адресу ведомства. Укажите номер заявки.
mail-revoked-button = Посмотреть решение

mail-journey-ending-subject = Срок поездки подходит к концу: заявка { $reference }
mail-journey-ending-what = По вашей заявке ещё нет решения, а день отъезда уже близко.
mail-journey-ending-next = Если решения не будет до { $until } включительно, заявка завершится без решения. Если поездка нужна позже, отзовите заявку и подайте новую с другими датами, пока открыта партия.
mail-journey-ending-button = Посмотреть заявку

mail-lapsed-subject = Утратила силу заявка { $reference }
mail-lapsed-what = Ваша заявка завершена, потому что истёк срок.
mail-lapsed-next = От вас ничего не требуется. Если поездка всё ещё нужна, подайте заявку снова, пока открыта партия.
mail-lapsed-button = Посмотреть заявку
